mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:example" }
  }
}

run "each_address_is_told" {
  variables {
    name        = "dvss-alarms-test"
    publishers  = ["cloudwatch.amazonaws.com"]
    emails      = ["one@example.com", "two@example.com"]
    kms_key_arn = null
  }

  assert {
    condition     = [for subscription in aws_sns_topic_subscription.email : subscription.endpoint] == ["one@example.com", "two@example.com"]
    error_message = "Somebody is not told."
  }
}
