mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name                  = "dvss-example-test"
  description           = "An example."
  handler               = "handlers.functions.ingest.handler"
  memory_mb             = 512
  timeout_seconds       = 15
  reserved_concurrency  = 10
  environment_variables = { DVSS_ENVIRONMENT = "test" }
  policy_json           = "{}"
  network               = { subnet_ids = [], security_group_ids = [] }
  log_retention_days    = 30
  kms_key_arn           = null
  package               = { type = "Zip", zip_path = "main.tf" }
}

run "a_zip_runs_on_arm64_with_python" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.runtime == "python3.13" && aws_lambda_function.this.handler == "handlers.functions.ingest.handler" && aws_lambda_function.this.package_type == "Zip"
    error_message = "The zip is not run as it is made."
  }

  assert {
    condition     = aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "The function does not run on ARM64."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("main.tf")
    error_message = "A changed zip is not deployed."
  }

  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0 && length(aws_lambda_function.this.image_config) == 0 && length(aws_lambda_function.this.dead_letter_config) == 0
    error_message = "The function has more than was asked for."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active" && aws_lambda_function.this.reserved_concurrent_executions == 10
    error_message = "The function is not traced, or has no concurrency of its own."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/dvss-example-test" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "Logs are kept elsewhere, or for ever."
  }
}

run "an_image_runs_the_same_handler" {
  command = plan

  variables {
    package = { type = "Image", image_uri = "example.dkr.ecr.us-east-1.amazonaws.com/dvss@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  }

  assert {
    condition     = aws_lambda_function.this.image_config[0].command == tolist(["handlers.functions.ingest.handler"])
    error_message = "The image does not run the function's handler."
  }

  assert {
    condition     = aws_lambda_function.this.filename == null && aws_lambda_function.this.handler == null && aws_lambda_function.this.runtime == null
    error_message = "The function names a zip too."
  }
}

run "in_a_vpc_it_has_the_subnets_and_groups" {
  command = plan

  variables {
    network = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"]) && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-1"])
    error_message = "The function runs elsewhere."
  }
}

run "failed_invocations_are_kept_where_a_queue_is_named" {
  command = plan

  variables {
    dead_letter_queue_arn = "arn:aws:sqs:us-east-1:123456789012:example"
  }

  assert {
    condition     = aws_lambda_function.this.dead_letter_config[0].target_arn == "arn:aws:sqs:us-east-1:123456789012:example"
    error_message = "Failed invocations are lost."
  }
}

run "a_zip_that_is_not_there_is_named" {
  command = plan

  variables {
    package = { type = "Zip", zip_path = "no-such.zip" }
  }

  expect_failures = [aws_lambda_function.this]
}
