mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:example" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/example" }
  }
}

variables {
  environment = "test"
  region      = "us-east-1"
  cost_center = "test"
}

run "by_default_there_is_no_vpc" {
  assert {
    condition     = output.subnet_ids == [] && output.security_group_ids == []
    error_message = "The functions are put into a VPC that nobody asked for."
  }
}

run "with_a_vpc_the_functions_are_told_where_they_run" {
  variables {
    enable_vpc = true
    zones      = ["a", "b", "c"]
  }

  assert {
    condition     = length(output.subnet_ids) == 3 && length(output.security_group_ids) == 1
    error_message = "The functions do not learn their subnets and groups."
  }
}

run "what_is_no_network_is_refused" {
  command = plan

  variables {
    cidr_block         = "10.0.0.0/28"
    zones              = ["a"]
    log_retention_days = 31
    environment        = "Prod"
    region             = "Virginia"
    cost_center        = ""
  }

  expect_failures = [var.cidr_block, var.zones, var.log_retention_days, var.environment, var.region, var.cost_center]
}
