locals {
  dead_letters = merge(
    { for lane, queue in local.lane_queues : "${lane}-dlq" => queue.dead_letter_name },
    { undelivered = local.undelivered_queue.name },
  )

  age_thresholds = {
    live   = var.thresholds.live_age_seconds
    replay = var.thresholds.replay_age_seconds
  }

  # Alarms on one metric; `periods` of `period_seconds`, of which `breaching` lie above the threshold.
  alarms = merge(
    {
      for name, queue in local.dead_letters : "${name}-depth" => {
        description    = "Messages lie in ${queue}. The run book says how to look at one, and how to move them back."
        namespace      = "AWS/SQS"
        metric_name    = "ApproximateNumberOfMessagesVisible"
        dimensions     = { QueueName = queue }
        statistic      = "Maximum"
        period_seconds = 60
        periods        = 1
        breaching      = 1
        threshold      = 0
      }
    },
    {
      for lane, queue in local.lane_queues : "${lane}-age" => {
        description    = "The oldest message of the lane ${lane} has waited for more than ${local.age_thresholds[lane]} seconds."
        namespace      = "AWS/SQS"
        metric_name    = "ApproximateAgeOfOldestMessage"
        dimensions     = { QueueName = queue.name }
        statistic      = "Maximum"
        period_seconds = 60
        periods        = 5
        breaching      = 5
        threshold      = local.age_thresholds[lane]
      }
    },
    {
      for key, function in local.functions : "${key}-errors" => {
        description    = "Invocations of ${function.name} failed: not the data, the function."
        namespace      = "AWS/Lambda"
        metric_name    = "Errors"
        dimensions     = { FunctionName = function.name }
        statistic      = "Sum"
        period_seconds = 300
        periods        = 1
        breaching      = 1
        threshold      = 0
      }
    },
    {
      for key, function in local.functions : "${key}-throttles" => {
        description    = "Invocations of ${function.name} found no free concurrency, again and again."
        namespace      = "AWS/Lambda"
        metric_name    = "Throttles"
        dimensions     = { FunctionName = function.name }
        statistic      = "Sum"
        period_seconds = 60
        periods        = 5
        breaching      = 3
        threshold      = 0
      }
    },
    {
      # A stopped invocation has run for exactly the function's timeout.
      for key, function in local.functions : "${key}-timeouts" => {
        description    = "Invocations of ${function.name} were stopped after ${function.timeout_seconds} seconds, or nearly."
        namespace      = "AWS/Lambda"
        metric_name    = "Duration"
        dimensions     = { FunctionName = function.name }
        statistic      = "Maximum"
        period_seconds = 300
        periods        = 1
        breaching      = 1
        threshold      = 990 * function.timeout_seconds
      }
    },
    {
      "gateway-5xx" = {
        description    = "The API answers 5xx, its own or the function's: senders retry."
        namespace      = "AWS/ApiGateway"
        metric_name    = "5XXError"
        dimensions     = { ApiName = local.rest_api_name, Stage = local.stage }
        statistic      = "Sum"
        period_seconds = 60
        periods        = 5
        breaching      = 3
        threshold      = var.thresholds.gateway_errors
      }
      "events-resent" = {
        description    = "The steward sends events again in each of three periods of five minutes: they are lost on the way to normalize."
        namespace      = local.own_namespace
        metric_name    = "dvss.steward.resent"
        dimensions     = {}
        statistic      = "Sum"
        period_seconds = 300
        periods        = 3
        breaching      = 3
        threshold      = var.thresholds.resent
      }
      "messages-republished" = {
        description    = "The steward publishes canonical events again in each of three periods of five minutes: normalize does not get them out."
        namespace      = local.own_namespace
        metric_name    = "dvss.steward.republished"
        dimensions     = {}
        statistic      = "Sum"
        period_seconds = 300
        periods        = 3
        breaching      = 3
        threshold      = var.thresholds.republished
      }
      "audit-findings" = {
        description    = "The audit found what breaks a promise. Its log names each event; the run book says what each finding means."
        namespace      = local.own_namespace
        metric_name    = "dvss.audit.findings"
        dimensions     = {}
        statistic      = "Sum"
        period_seconds = 300
        periods        = 1
        breaching      = 1
        threshold      = 0
      }
      "events-parked" = {
        description    = "Events are parked: they were sent again too often. Nothing picks them up until somebody looks."
        namespace      = local.own_namespace
        metric_name    = "dvss.steward.parked"
        dimensions     = {}
        statistic      = "Sum"
        period_seconds = 300
        periods        = 1
        breaching      = 1
        threshold      = 0
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "metric" {
  for_each = local.alarms

  alarm_name          = "dvss-${each.key}-${var.environment}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric_name
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period_seconds
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.breaching
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.alarms.arn]
  ok_actions          = [module.alarms.arn]
}

# Depth alone stays silent while the first messages still lie there, and SQS does not count moved messages as sent.
resource "aws_cloudwatch_metric_alarm" "dead_letter_inflow" {
  for_each = local.dead_letters

  alarm_name          = "dvss-${each.key}-inflow-${var.environment}"
  alarm_description   = "More messages have come to ${each.value}."
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.alarms.arn]

  metric_query {
    id          = "inflow"
    label       = "Messages that came"
    expression  = "DIFF(depth)"
    return_data = true
  }

  metric_query {
    id = "depth"

    metric {
      namespace   = "AWS/SQS"
      metric_name = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = each.value }
      stat        = "Maximum"
      period      = 60
    }
  }
}

# A query, since each reason has a series of its own, whose name an alarm on a metric would have to know.
resource "aws_cloudwatch_metric_alarm" "normalize_failures" {
  alarm_name          = "dvss-normalize-failures-${var.environment}"
  alarm_description   = "More than ${var.thresholds.normalize_failures} events were quarantined in each of three periods of five minutes: has a vendor changed what it sends?"
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.normalize_failures
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.alarms.arn]
  ok_actions          = [module.alarms.arn]

  metric_query {
    id          = "failed"
    label       = "Events quarantined"
    expression  = "SELECT SUM(\"dvss.normalize.failed\") FROM SCHEMA(\"${local.own_namespace}\", reason)"
    period      = 300
    return_data = true
  }
}

# Nobody else notices that nothing is sent again.
resource "aws_cloudwatch_metric_alarm" "steward_stopped" {
  alarm_name          = "dvss-steward-stopped-${var.environment}"
  alarm_description   = "No sweep has ended for five minutes."
  namespace           = local.own_namespace
  metric_name         = "dvss.steward.resent"
  statistic           = "SampleCount"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [module.alarms.arn]
  ok_actions          = [module.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "audit_stopped" {
  alarm_name          = "dvss-audit-stopped-${var.environment}"
  alarm_description   = "No audit has ended for a quarter of an hour."
  namespace           = local.own_namespace
  metric_name         = "dvss.audit.findings"
  statistic           = "SampleCount"
  period              = 900
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [module.alarms.arn]
  ok_actions          = [module.alarms.arn]
}
