data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  here = "${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}"
  # Made of names, not taken from the resources, so that a plan shows each policy whole.
  log_group_arn = "arn:${data.aws_partition.this.partition}:logs:${local.here}:log-group:/aws/lambda/${var.name}"
  function_arn  = "arn:${data.aws_partition.this.partition}:lambda:${local.here}:function:${var.name}"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "What ${var.name} may call."
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "this" {
  name   = "calls"
  role   = aws_iam_role.this.id
  policy = var.policy_json
}

# What the Lambda service does in the function's name.
data "aws_iam_policy_document" "platform" {
  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:*"]
  }

  statement {
    sid       = "SendTraces"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"] # neither action knows a resource
  }

  dynamic "statement" {
    for_each = var.dead_letter_queue_arn[*]

    content {
      sid       = "KeepFailedInvocations"
      actions   = ["sqs:SendMessage"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.is_in_vpc ? ["vpc"] : []

    content {
      sid = "ManageNetworkInterfaces"
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      resources = ["*"] # Lambda names the interface that it makes, and the describing actions know no resource
    }
  }

  # The interfaces are the service's business: code in the function may not touch them.
  dynamic "statement" {
    for_each = local.is_in_vpc ? ["vpc"] : []

    content {
      sid    = "DenyNetworkInterfacesToCode"
      effect = "Deny"
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      resources = ["*"]

      condition {
        test     = "ArnEquals"
        variable = "lambda:SourceFunctionArn"
        values   = [local.function_arn]
      }
    }
  }
}

resource "aws_iam_role_policy" "platform" {
  #checkov:skip=CKV_AWS_290:In a VPC the Lambda service makes interfaces whose ids nobody knows before, and it takes no role with less; code in the function is denied the same actions.
  name   = "platform"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.platform.json
}
