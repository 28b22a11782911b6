resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn
  architectures = ["arm64"]
  memory_size   = var.memory_mb
  timeout       = var.timeout_seconds

  package_type     = var.package.type
  filename         = var.package.zip_path
  source_code_hash = local.is_zip ? filebase64sha256(var.package.zip_path) : null
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
}

locals {
  is_zip    = var.package.type == "Zip"
  is_in_vpc = length(var.network.subnet_ids) > 0
}
