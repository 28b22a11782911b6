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
  environment        = "test"
  region             = "us-east-1"
  cidr_block         = "10.64.0.0/22"
  zones              = ["a", "c"]
  log_retention_days = 30
  kms_key_arn        = null
}

run "each_zone_keeps_its_addresses" {
  assert {
    condition     = { for zone, subnet in aws_subnet.this : subnet.availability_zone => subnet.cidr_block } == { us-east-1a = "10.64.0.0/24", us-east-1c = "10.64.2.0/24" }
    error_message = "The subnets are others."
  }

  assert {
    condition     = length(output.subnet_ids) == 2 && length(output.security_group_ids) == 1
    error_message = "The functions are given other subnets or groups."
  }
}

run "what_the_functions_call_is_reached_without_the_internet" {
  assert {
    condition     = keys(aws_vpc_endpoint.gateway) == ["dynamodb", "s3"] && alltrue([for endpoint in aws_vpc_endpoint.gateway : endpoint.vpc_endpoint_type == "Gateway"])
    error_message = "S3 and DynamoDB are not reached through gateways, which cost nothing."
  }

  assert {
    condition     = { for name, endpoint in aws_vpc_endpoint.interface : name => endpoint.service_name } == { for name in ["events", "monitoring", "ssm", "xray"] : name => "com.amazonaws.us-east-1.${name}" }
    error_message = "The interface endpoints are others."
  }
}

run "connections_go_from_the_functions_to_the_endpoints_and_nowhere_else" {
  assert {
    condition     = alltrue([for rule in concat(values(aws_vpc_security_group_egress_rule.gateway), [aws_vpc_security_group_egress_rule.interface]) : rule.from_port == 443 && rule.to_port == 443 && rule.cidr_ipv4 == null])
    error_message = "The functions reach more than the endpoints, over HTTPS."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints.referenced_security_group_id == aws_security_group.functions.id
    error_message = "Others than the functions reach the endpoints."
  }
}
