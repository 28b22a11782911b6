resource "aws_budgets_budget" "this" {
  name         = "dvss-${var.environment}"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:Environment$%s", var.environment)]
  }

  notification {
    notification_type          = "ACTUAL"
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    subscriber_sns_topic_arns  = [module.alarms.arn]
    subscriber_email_addresses = var.alarm_emails
  }

  notification {
    notification_type          = "FORECASTED"
    comparison_operator        = "GREATER_THAN"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    subscriber_sns_topic_arns  = [module.alarms.arn]
    subscriber_email_addresses = var.alarm_emails
  }
}

# Of the whole account: what escapes every tag is seen here.
resource "aws_cloudwatch_metric_alarm" "bill" {
  provider = aws.billing

  alarm_name          = "dvss-bill-${var.environment}"
  alarm_description   = "The account's estimated charges of this month are above ${var.monthly_bill_alarm_usd} US dollars."
  namespace           = "AWS/Billing"
  metric_name         = "EstimatedCharges"
  dimensions          = { Currency = "USD" }
  statistic           = "Maximum"
  period              = 21600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.monthly_bill_alarm_usd
  treat_missing_data  = "missing"
  alarm_actions       = [module.billing_alarms.arn]
}
