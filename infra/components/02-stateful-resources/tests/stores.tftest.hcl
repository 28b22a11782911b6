mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  environment       = "test"
  region            = "us-east-1"
  cost_center       = "test"
  data_is_protected = false
}

run "tables_are_billed_by_use_and_can_be_restored" {
  command = plan

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.this : table.billing_mode == "PAY_PER_REQUEST" && table.point_in_time_recovery[0].enabled])
    error_message = "A table is billed by the hour, or cannot be restored."
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.this : !table.deletion_protection_enabled])
    error_message = "An environment that may be destroyed cannot be."
  }
}

run "protected_tables_cannot_be_deleted" {
  command = plan

  variables {
    data_is_protected = true
  }

  assert {
    condition     = alltrue([for table in aws_dynamodb_table.this : table.deletion_protection_enabled])
    error_message = "A table can be deleted by mistake."
  }
}

run "buckets_are_named_by_the_account_too" {
  command = plan

  assert {
    condition     = [output.raw_bucket, output.normalized_bucket, output.inbox_bucket] == ["dvss-raw-test-123456789012", "dvss-normalized-test-123456789012", "dvss-inbox-test-123456789012"]
    error_message = "The buckets' names are others, or taken in another account."
  }
}

run "limits_that_aws_refuses_are_refused_here" {
  command = plan

  variables {
    raw_locked_for_days        = 0
    archive_after_days         = 29
    inbox_expire_after_days    = 0
    visibility_timeout_seconds = 43201
    message_retention_seconds  = 59
    max_receive_count          = 0
    environment                = "an-environment-with-too-long-a-name"
  }

  expect_failures = [
    var.raw_locked_for_days,
    var.archive_after_days,
    var.inbox_expire_after_days,
    var.visibility_timeout_seconds,
    var.message_retention_seconds,
    var.max_receive_count,
    var.environment,
  ]
}
