locals {
  gateway_document = templatefile("${path.module}/../../../generated/gateway.json", {
    ingest_invoke_arn = local.ingest_invoke_arn
  })

  # Each route as API Gateway names it when it invokes the function: `POST/v1/webhooks/*/*`.
  routes = merge([
    for path, item in jsondecode(local.gateway_document).paths : {
      for method, operation in item :
      operation.operationId => "${upper(method)}${replace(path, "/\\{[^}]*\\}/", "*")}"
    }
  ]...)

  stage      = var.environment
  public_url = coalesce(var.public_url, "https://${aws_api_gateway_rest_api.this.id}.execute-api.${var.region}.${data.aws_partition.this.dns_suffix}/${local.stage}")
}

resource "aws_api_gateway_rest_api" "this" {
  name              = "dvss-${var.environment}"
  description       = "Vendors send their events here."
  body              = local.gateway_document
  put_rest_api_mode = "overwrite"
  fail_on_warnings  = true

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  description = "Routes of generated/gateway.json."

  triggers = {
    document = sha256(local.gateway_document)
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_120:Answers depend on what is stored and on who asks: a cached one would be wrong.
  #checkov:skip=CKV2_AWS_29:Vendors' servers send, not browsers: keys, signatures, size limits and throttling come first. A web ACL costs per request; associate one with the stage where a policy asks for it.
  #checkov:skip=CKV2_AWS_51:A client certificate authenticates the gateway to an HTTP backend; here it invokes a function, by IAM.
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = local.stage
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    # No path and no body: ids of events are the vendors' own.
    format = jsonencode({
      requestId          = "$context.requestId"
      xrayTraceId        = "$context.xrayTraceId"
      requestTimeEpoch   = "$context.requestTimeEpoch"
      httpMethod         = "$context.httpMethod"
      resourcePath       = "$context.resourcePath"
      status             = "$context.status"
      protocol           = "$context.protocol"
      sourceIp           = "$context.identity.sourceIp"
      apiKeyId           = "$context.identity.apiKeyId"
      responseLength     = "$context.responseLength"
      responseLatency    = "$context.responseLatency"
      integrationStatus  = "$context.integration.status"
      integrationLatency = "$context.integration.latency"
      integrationError   = "$context.integration.error"
      errorResponseType  = "$context.error.responseType"
    })
  }

  # The execution log's group must be there first, or API Gateway makes it, to be kept for ever.
  depends_on = [aws_api_gateway_account.this, aws_cloudwatch_log_group.execution]
}

resource "aws_api_gateway_method_settings" "all" {
  #checkov:skip=CKV_AWS_225:Answers depend on what is stored and on who asks: a cached one would be wrong.
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    logging_level          = "ERROR"
    data_trace_enabled     = false
    metrics_enabled        = true
    caching_enabled        = false
    throttling_rate_limit  = var.route_limits.all.requests_per_second
    throttling_burst_limit = var.route_limits.all.burst
  }
}

# Nothing but this limits a webhook before its signature is checked.
resource "aws_api_gateway_method_settings" "webhooks" {
  #checkov:skip=CKV_AWS_225:Answers depend on what is stored and on who asks: a cached one would be wrong.
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "v1/webhooks/{vendorId}/{topic}/POST"

  settings {
    logging_level          = "ERROR"
    data_trace_enabled     = false
    metrics_enabled        = true
    caching_enabled        = false
    throttling_rate_limit  = var.route_limits.webhooks.requests_per_second
    throttling_burst_limit = var.route_limits.webhooks.burst
  }

  # API Gateway refuses two changes of a stage at the same time.
  depends_on = [aws_api_gateway_method_settings.all]
}

resource "aws_lambda_permission" "gateway" {
  for_each = local.routes

  statement_id  = "gateway-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = module.function["ingest"].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${local.stage}/${each.value}"
}

# Keys are made by `dvss key`, so that none lies in the state.
resource "aws_api_gateway_usage_plan" "this" {
  for_each = var.usage_plans

  name        = "dvss-${each.key}-${var.environment}"
  description = "For each key ${each.value.requests_per_second} requests a second, ${each.value.burst} at once."

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name
  }

  throttle_settings {
    rate_limit  = each.value.requests_per_second
    burst_limit = each.value.burst
  }
}
