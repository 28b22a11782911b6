resource "aws_cloudwatch_event_bus" "this" {
  name = local.bus_name
}

resource "aws_cloudwatch_event_rule" "lane" {
  for_each = local.lane_queues

  name           = "dvss-${each.key}-${var.environment}"
  description    = "Accepted events of the lane ${each.key}."
  event_bus_name = aws_cloudwatch_event_bus.this.name

  event_pattern = jsonencode({
    source      = ["dvss.ingest"]
    detail-type = ["ingest.accepted"]
    detail      = { lane = [each.key] }
  })
}

resource "aws_cloudwatch_event_target" "lane" {
  for_each = local.lane_queues

  rule           = aws_cloudwatch_event_rule.lane[each.key].name
  event_bus_name = aws_cloudwatch_event_bus.this.name
  target_id      = "queue"
  arn            = each.value.arn

  # Said aloud, since the two kinds of bus have different defaults.
  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = local.undelivered_queue.arn
  }

  # What comes before the queue lets it in would be lost to the dead-letter queue.
  depends_on = [aws_sqs_queue_policy.lane, aws_sqs_queue_policy.undelivered]
}

data "aws_iam_policy_document" "lane_queue" {
  for_each = local.lane_queues

  statement {
    sid       = "FromTheLanesRule"
    actions   = ["sqs:SendMessage"]
    resources = [each.value.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.lane_rule_arns[each.key]]
    }
  }

  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "lane" {
  for_each = local.lane_queues

  queue_url = each.value.url
  policy    = data.aws_iam_policy_document.lane_queue[each.key].json
}

data "aws_iam_policy_document" "undelivered_queue" {
  statement {
    sid       = "FromTheRules"
    actions   = ["sqs:SendMessage"]
    resources = [local.undelivered_queue.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = concat(values(local.lane_rule_arns), [local.sweep_rule_arn, local.audit_rule_arn])
    }
  }

  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.undelivered_queue.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "undelivered" {
  queue_url = local.undelivered_queue.url
  policy    = data.aws_iam_policy_document.undelivered_queue.json
}

resource "aws_lambda_event_source_mapping" "lane" {
  for_each = local.lane_queues

  function_name                      = module.function["normalize"].arn
  event_source_arn                   = each.value.arn
  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = var.lane_limits[each.key].batching_window_seconds
  # One message that fails must not bring its neighbours back.
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.lane_limits[each.key].maximum_concurrency
  }

  lifecycle {
    precondition {
      condition     = each.value.visibility_timeout_seconds >= 6 * var.functions.normalize.timeout_seconds
      error_message = "Messages of the lane are hidden for less than six times normalize's timeout: raise visibility_timeout_seconds of 02-stateful-resources or lower functions.normalize.timeout_seconds."
    }
  }
}
