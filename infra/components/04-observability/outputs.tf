output "alarm_topic_arn" {
  description = "ARN of the topic that alarms and the budget are published to."
  value       = module.alarms.arn
}

output "billing_alarm_topic_arn" {
  description = "ARN of the topic of the bill's alarm, in us-east-1."
  value       = module.billing_alarms.arn
}

output "dashboard" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
