resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:Encrypted with the key that CloudWatch Logs manages, at no cost; entries hold ids and no payload. kms_key_arn names a customer-managed key where one is asked for.
  #checkov:skip=CKV_AWS_338:Logs serve operation and are kept for 30 days by the requirements; what happened to an event is in its rows and objects, which stay.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:A dead-letter queue takes asynchronous invocations alone, which the steward has, and its queue; API Gateway answers its caller, and the lanes' queues have their own.
  #checkov:skip=CKV_AWS_117:All that is called is public AWS endpoints, over TLS and by IAM: a VPC closes nothing more and bills its endpoints by the hour. enable_vpc of 01-network puts every function into one.
  #checkov:skip=CKV_AWS_272:Only the deployment's role may change code, and source_code_hash names exactly what it deployed; a signing profile held by that same role would prove no more.
  #checkov:skip=CKV_AWS_173:The variables are names of resources and a log level, no secrets; those are read from the parameter store.
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn
  architectures = ["arm64"]
  memory_size   = var.memory_mb
  timeout       = var.timeout_seconds

  package_type     = var.package.type
  filename         = var.package.zip_path
  source_code_hash = local.has_zip ? filebase64sha256(var.package.zip_path) : null
  image_uri        = var.package.image_uri
  runtime          = local.is_zip ? "python3.13" : null
  handler          = local.is_zip ? var.handler : null

  reserved_concurrent_executions = var.reserved_concurrency

  environment {
    variables = var.environment_variables
  }

  logging_config {
    log_format = "Text" # the functions write JSON themselves
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = "Active"
  }

  dynamic "image_config" {
    for_each = local.is_zip ? [] : [var.handler]

    content {
      command = [image_config.value]
    }
  }

  dynamic "dead_letter_config" {
    for_each = var.dead_letter_queue_arn[*]

    content {
      target_arn = dead_letter_config.value
    }
  }

  dynamic "vpc_config" {
    for_each = local.is_in_vpc ? [var.network] : []

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  # Lambda tries what the role grants as soon as the function is there.
  depends_on = [aws_iam_role_policy.this, aws_iam_role_policy.platform]

  lifecycle {
    precondition {
      condition     = !local.is_zip || local.has_zip
      error_message = "There is no zip at ${coalesce(var.package.zip_path, "lambda_zip_path")}. Run make package."
    }
  }
}

locals {
  is_zip    = var.package.type == "Zip"
  has_zip   = local.is_zip && try(fileexists(var.package.zip_path), false)
  is_in_vpc = length(var.network.subnet_ids) > 0
}
