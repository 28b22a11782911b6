module "raw" {
  source = "../../modules/bucket"

  name               = local.buckets.raw
  can_be_destroyed   = !var.data_is_protected
  locked_for_days    = var.data_is_protected ? var.raw_locked_for_days : null
  archive_after_days = var.archive_after_days
  policy_documents   = [data.aws_iam_policy_document.raw.json]
}

# Versions of normalized objects never expire: after a replay that crashed, the version that the index names is not the
# current one.
module "normalized" {
  source = "../../modules/bucket"

  name               = local.buckets.normalized
  can_be_destroyed   = !var.data_is_protected
  archive_after_days = var.archive_after_days
}

module "inbox" {
  source = "../../modules/bucket"

  name              = local.buckets.inbox
  can_be_destroyed  = !var.data_is_protected
  expire_after_days = var.inbox_expire_after_days
}

# Raw objects are written once and stay. Explicit denials bind everyone, administrators too: whoever must delete one
# changes this policy first, which leaves a trace.
data "aws_iam_policy_document" "raw" {
  statement {
    sid       = "DenyOverwrites"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${local.raw_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Null"
      variable = "s3:if-none-match"
      values   = ["true"]
    }

    # The parts of a multipart upload carry no condition; what creates the object does.
    condition {
      test     = "Bool"
      variable = "s3:ObjectCreationOperation"
      values   = ["true"]
    }
  }

  statement {
    sid    = "DenyDeletion"
    effect = "Deny"
    actions = [
      "s3:BypassGovernanceRetention",
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
      "s3:PutObjectRetention",
    ]
    resources = ["${local.raw_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
