module "alarms" {
  source = "../../modules/alarm-topic"

  name        = "dvss-alarms-${var.environment}"
  publishers  = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
  emails      = var.alarm_emails
  kms_key_arn = var.kms_key_arn
}

module "billing_alarms" {
  source    = "../../modules/alarm-topic"
  providers = { aws = aws.billing }

  name        = "dvss-billing-alarms-${var.environment}"
  publishers  = ["cloudwatch.amazonaws.com"]
  emails      = var.alarm_emails
  kms_key_arn = var.billing_kms_key_arn
}
