# A lane of its own for replays, so that they never delay live events.
module "lane" {
  source   = "../../modules/queue"
  for_each = toset(["live", "replay"])

  name                       = each.key
  environment                = var.environment
  visibility_timeout_seconds = var.visibility_timeout_seconds
  message_retention_seconds  = var.message_retention_seconds
  max_receive_count          = var.max_receive_count
}

# What EventBridge could not bring to its target, and schedules of the steward that failed.
resource "aws_sqs_queue" "undelivered" {
  name                      = "dvss-undelivered-${var.environment}"
  message_retention_seconds = var.message_retention_seconds
  sqs_managed_sse_enabled   = true
}
