locals {
  own_namespace = "dvss/${var.environment}"

  # What the steward says when it has found something (handlers/steward.py); tests/infra compares the two.
  steward_says = {
    swept  = "messages again"
    parked = "events are parked"
  }
}

resource "aws_cloudwatch_log_metric_filter" "steward" {
  for_each = local.steward_says

  name           = each.key
  log_group_name = local.functions.steward.log_group
  pattern        = "\"${each.value}\""

  metric_transformation {
    namespace     = local.own_namespace
    name          = "steward-${each.key}"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}
