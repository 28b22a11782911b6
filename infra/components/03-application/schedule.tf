resource "aws_cloudwatch_event_rule" "sweep" {
  name                = local.names.steward
  description         = "The steward's minute."
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "sweep" {
  rule      = aws_cloudwatch_event_rule.sweep.name
  target_id = "steward"
  arn       = module.function["steward"].arn

  # A sweep that is late is done by the next one.
  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0
  }

  dead_letter_config {
    arn = local.undelivered_queue.arn
  }
}

# In the middle of the five minutes, whose audit is then one each time, however late it starts.
resource "aws_cloudwatch_event_rule" "audit" {
  name                = "dvss-audit-${var.environment}"
  description         = "The steward audits what was received an hour ago."
  schedule_expression = "cron(2/5 * * * ? *)"
}

resource "aws_cloudwatch_event_target" "audit" {
  rule      = aws_cloudwatch_event_rule.audit.name
  target_id = "steward"
  arn       = module.function["steward"].arn
  input     = jsonencode({ audit = {} })

  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0
  }

  dead_letter_config {
    arn = local.undelivered_queue.arn
  }
}

resource "aws_lambda_permission" "audit" {
  statement_id  = "audit"
  action        = "lambda:InvokeFunction"
  function_name = module.function["steward"].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.audit.arn
}

resource "aws_lambda_permission" "sweep" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = module.function["steward"].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.sweep.arn
}

resource "aws_lambda_function_event_invoke_config" "steward" {
  function_name                = module.function["steward"].name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}
