locals {
  # What may be called through each: what the functions call, all together.
  gateway_actions = {
    dynamodb = [
      "dynamodb:BatchGetItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
    ]
    s3 = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:PutObject"]
  }

  # What the functions call besides S3 and DynamoDB: events (PutEvents), ssm (GetParameter, which decrypts on our behalf),
  # monitoring (the steward's GetMetricData) and xray (segments). Not needed: lambda and sqs, since the event source
  # mapping polls from outside of the VPC, and logs, which the Lambda service writes itself.
  interface_services = toset(["events", "monitoring", "ssm", "xray"])
}

data "aws_caller_identity" "this" {}

# Through the endpoints only this account's principals reach anything, and only what this account owns.
data "aws_iam_policy_document" "gateway" {
  for_each = local.gateway_actions

  statement {
    sid       = "OwnAccountAlone"
    actions   = each.value
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = local.gateway_actions

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.this.id]
  policy            = data.aws_iam_policy_document.gateway[each.key].json

  tags = { Name = "dvss-${each.key}-${var.environment}" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_services

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [for subnet in aws_subnet.this : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true

  tags = { Name = "dvss-${each.key}-${var.environment}" }
}
