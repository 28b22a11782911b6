mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:dvss-alarms-test" }
  }
}

mock_provider "aws" {
  alias = "billing"

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:dvss-billing-alarms-test" }
  }
}

override_data {
  target = data.terraform_remote_state.stateful
  values = {
    outputs = {
      lane_queues = {
        live   = { name = "dvss-live-test", dead_letter_name = "dvss-live-dlq-test" }
        replay = { name = "dvss-replay-test", dead_letter_name = "dvss-replay-dlq-test" }
      }
      undelivered_queue = { name = "dvss-undelivered-test" }
    }
  }
}

override_data {
  target = data.terraform_remote_state.application
  values = {
    outputs = {
      functions = {
        ingest    = { name = "dvss-ingest-test", timeout_seconds = 15 }
        normalize = { name = "dvss-normalize-test", timeout_seconds = 30 }
        replay    = { name = "dvss-replay-test", timeout_seconds = 300 }
        steward   = { name = "dvss-steward-test", timeout_seconds = 50 }
      }
      rest_api_name     = "dvss-test"
      stage             = "test"
      metrics_namespace = "dvss"
    }
  }
}

variables {
  environment            = "test"
  region                 = "eu-central-1"
  cost_center            = "test"
  state_bucket           = "states"
  monthly_budget_usd     = 50
  monthly_bill_alarm_usd = 100
}

run "every_alarm_tells_somebody" {
  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.metric), values(aws_cloudwatch_metric_alarm.dead_letter_inflow), [aws_cloudwatch_metric_alarm.normalize_failures, aws_cloudwatch_metric_alarm.steward_stopped, aws_cloudwatch_metric_alarm.audit_stopped]) : alarm.alarm_actions == toset([output.alarm_topic_arn])])
    error_message = "An alarm rings where nobody hears it."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.bill.alarm_actions == toset([output.billing_alarm_topic_arn])
    error_message = "The bill's alarm is published in another region than its topic's."
  }
}

run "what_can_go_wrong_rings" {
  command = plan

  assert {
    condition = toset(keys(aws_cloudwatch_metric_alarm.metric)) == toset(concat(
      ["live-dlq-depth", "replay-dlq-depth", "undelivered-depth", "live-age", "replay-age"],
      flatten([for function in ["ingest", "normalize", "replay", "steward"] : [for kind in ["errors", "throttles", "timeouts"] : "${function}-${kind}"]]),
      ["gateway-5xx", "events-resent", "messages-republished", "events-parked", "audit-findings"],
    ))
    error_message = "An alarm is missing, or new: say here what it is for."
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.dead_letter_inflow) == ["live-dlq", "replay-dlq", "undelivered"]
    error_message = "Messages come to a dead-letter queue in silence."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.metric["ingest-timeouts"].threshold < 15000 && aws_cloudwatch_metric_alarm.metric["ingest-timeouts"].threshold > 14000
    error_message = "The alarm does not ring at the function's timeout, or long before."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.steward_stopped.treat_missing_data == "breaching"
    error_message = "A steward that does not run is not noticed."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.audit_stopped.treat_missing_data == "breaching"
    error_message = "An audit that does not run is not noticed."
  }
}

run "the_budget_is_of_this_environment" {
  command = plan

  assert {
    condition     = one(aws_budgets_budget.this.cost_filter).values == tolist(["user:Environment$test"]) && aws_budgets_budget.this.limit_amount == "50"
    error_message = "The budget counts what others spend."
  }
}

run "what_makes_no_sense_is_refused" {
  command = plan

  variables {
    monthly_budget_usd     = 0
    monthly_bill_alarm_usd = 0
    alarm_emails           = ["nobody"]
    thresholds             = { live_age_seconds = -1 }
  }

  expect_failures = [var.monthly_budget_usd, var.monthly_bill_alarm_usd, var.alarm_emails, var.thresholds]
}
