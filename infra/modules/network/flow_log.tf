data "aws_partition" "this" {}

locals {
  flow_log_group = "/dvss/${var.environment}/flow"
  # Made of names, so that a plan shows the policy whole.
  flow_log_group_arn = join(":", [
    "arn", data.aws_partition.this.partition, "logs", var.region, data.aws_caller_identity.this.account_id,
    "log-group", local.flow_log_group,
  ])
}

# Refused connections alone: each is a mistake or worse, and there are few to pay for.
resource "aws_flow_log" "this" {
  vpc_id          = aws_vpc.this.id
  traffic_type    = "REJECT"
  log_destination = aws_cloudwatch_log_group.flow.arn
  iam_role_arn    = aws_iam_role.flow.arn
}

resource "aws_cloudwatch_log_group" "flow" {
  #checkov:skip=CKV_AWS_158:Encrypted with the key that CloudWatch Logs manages, at no cost; entries hold addresses and ports. kms_key_arn names a customer-managed key where one is asked for.
  #checkov:skip=CKV_AWS_338:Refused connections are looked at when something fails; 30 days are enough for that.
  name              = local.flow_log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

data "aws_iam_policy_document" "flow_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

data "aws_iam_policy_document" "flow" {
  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${local.flow_log_group_arn}:*"]
  }
}

resource "aws_iam_role" "flow" {
  name               = "dvss-flow-log-${var.environment}"
  assume_role_policy = data.aws_iam_policy_document.flow_trust.json
}

resource "aws_iam_role_policy" "flow" {
  name   = "write-flow-log"
  role   = aws_iam_role.flow.id
  policy = data.aws_iam_policy_document.flow.json
}
