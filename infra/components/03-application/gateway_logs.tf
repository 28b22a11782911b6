resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_158:Encrypted with the key that CloudWatch Logs manages, at no cost; entries hold ids and no payload. kms_key_arn names a customer-managed key where one is asked for.
  #checkov:skip=CKV_AWS_338:Logs serve operation and are kept for 30 days by the requirements; what happened to an event is in its rows and objects, which stay.
  name              = "/dvss/${var.environment}/gateway"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_group" "execution" {
  #checkov:skip=CKV_AWS_158:Encrypted with the key that CloudWatch Logs manages, at no cost; entries hold ids and no payload. kms_key_arn names a customer-managed key where one is asked for.
  #checkov:skip=CKV_AWS_338:Logs serve operation and are kept for 30 days by the requirements; what happened to an event is in its rows and objects, which stay.
  name              = "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.this.id}/${local.stage}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

data "aws_iam_policy_document" "gateway_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "gateway_logs" {
  name               = "dvss-gateway-logs-${var.environment}"
  description        = "Lets API Gateway write logs, for every API of the account and region."
  assume_role_policy = data.aws_iam_policy_document.gateway_trust.json
}

# AWS's own policy: API Gateway takes no role with less.
resource "aws_iam_role_policy_attachment" "gateway_logs" {
  role       = aws_iam_role.gateway_logs.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

# One setting for the account and region: environments have accounts of their own, or the last one applied wins.
resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = aws_iam_role.gateway_logs.arn
  # Or the account would go on naming a role that is gone. Deprecated, since the provider's next version always does so.
  reset_on_delete = true

  depends_on = [aws_iam_role_policy_attachment.gateway_logs]
}
