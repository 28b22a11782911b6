# What each function calls, and no more; handlers/aws makes these calls and no others. A transaction needs what it does to
# each of its items. Log, traces and the steward's dead letters: modules/function.

locals {
  by_dispatch_arn  = "${local.table_arns.ingest-records}/index/byDispatch"
  by_ingest_id_arn = "${local.table_arns.ingest-records}/index/byIngestId"
}

data "aws_iam_policy_document" "ingest" {
  statement {
    sid       = "WriteRaw"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arns.raw}/raw/*"]
  }

  statement {
    sid       = "Index"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [local.table_arns.ingest-records]
  }

  statement {
    sid       = "QuarantineConflicts"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [local.table_arns.quarantine]
  }

  statement {
    sid       = "ReadKeysAndMappings"
    actions   = ["dynamodb:GetItem"]
    resources = [local.table_arns.vendor-mappings]
  }

  statement {
    sid       = "ReadVendorSecrets"
    actions   = ["ssm:GetParameter"]
    resources = ["${local.parameters_arn}/vendors/*"]
  }

  statement {
    sid       = "SendAccepted"
    actions   = ["events:PutEvents"]
    resources = [local.bus_arn]

    condition {
      test     = "StringEquals"
      variable = "events:source"
      values   = ["dvss.ingest"]
    }

    condition {
      test     = "StringEquals"
      variable = "events:detail-type"
      values   = ["ingest.accepted"]
    }
  }

  # A conflict is announced under the source of canonical events, which ingest must not be able to make up.
  statement {
    sid       = "AnnounceConflicts"
    actions   = ["events:PutEvents"]
    resources = [local.bus_arn]

    condition {
      test     = "StringEquals"
      variable = "events:source"
      values   = ["dvss.normalize"]
    }

    condition {
      test     = "StringEquals"
      variable = "events:detail-type"
      values   = ["normalize.failed"]
    }
  }
}

data "aws_iam_policy_document" "normalize" {
  statement {
    sid = "ReceiveFromLanes"
    actions = [
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
    ]
    resources = [for lane in local.lane_queues : lane.arn]
  }

  statement {
    sid       = "ReadRaw"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arns.raw}/raw/*"]
  }

  # S3 says that an object is missing to who may list alone, and to others that they may not read it. What is missing is
  # quarantined; what may not be read is our failure, and tried again.
  statement {
    sid       = "TellMissingFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arns.raw]
  }

  # A replay compares with the versions that were written before.
  statement {
    sid       = "Normalized"
    actions   = ["s3:GetObjectVersion", "s3:PutObject"]
    resources = ["${local.bucket_arns.normalized}/normalized/*"]
  }

  statement {
    sid       = "Index"
    actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
    resources = [local.table_arns.ingest-records]
  }

  statement {
    sid       = "Quarantine"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [local.table_arns.quarantine]
  }

  statement {
    sid       = "Outbox"
    actions   = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [local.table_arns.outbox]
  }

  statement {
    sid       = "ReadTokenKey"
    actions   = ["ssm:GetParameter"]
    resources = ["${local.parameters_arn}/token-key"]
  }

  statement {
    sid       = "SendCanonicalEvents"
    actions   = ["events:PutEvents"]
    resources = [local.bus_arn]

    condition {
      test     = "StringEquals"
      variable = "events:source"
      values   = ["dvss.normalize"]
    }
  }
}

data "aws_iam_policy_document" "replay" {
  statement {
    sid       = "FindEvents"
    actions   = ["dynamodb:Query"]
    resources = [local.by_ingest_id_arn]
  }

  statement {
    sid       = "Index"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
    resources = [local.table_arns.ingest-records]
  }

  statement {
    sid       = "Release"
    actions   = ["dynamodb:UpdateItem"]
    resources = [local.table_arns.quarantine]
  }

  statement {
    sid       = "SendToReplayLane"
    actions   = ["events:PutEvents"]
    resources = [local.bus_arn]

    condition {
      test     = "StringEquals"
      variable = "events:source"
      values   = ["dvss.ingest"]
    }
  }
}

data "aws_iam_policy_document" "steward" {
  statement {
    sid       = "FindMarkers"
    actions   = ["dynamodb:Query"]
    resources = [local.by_dispatch_arn]
  }

  statement {
    sid       = "ClaimMarkers"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"]
    resources = [local.table_arns.ingest-records]
  }

  statement {
    sid       = "AuditEvents"
    actions   = ["dynamodb:Query"]
    resources = [local.by_ingest_id_arn]
  }

  statement {
    sid       = "LookAgain"
    actions   = ["dynamodb:GetItem"]
    resources = [local.table_arns.ingest-records]
  }

  statement {
    sid       = "AuditQuarantine"
    actions   = ["dynamodb:GetItem", "dynamodb:Query"]
    resources = [local.table_arns.quarantine]
  }

  statement {
    sid       = "AuditRaw"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arns.raw}/raw/*"]
  }

  statement {
    sid       = "Outbox"
    actions   = ["dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:UpdateItem"]
    resources = [local.table_arns.outbox]
  }

  statement {
    sid       = "ReadNormalized"
    actions   = ["s3:GetObjectVersion"]
    resources = ["${local.bucket_arns.normalized}/normalized/*"]
  }

  # As for normalize: one object that is missing must not hold up what waits behind it, as a failure would. The audit lists
  # raw objects besides. No condition on the prefix: S3 knows none where it asks whether an object may be called missing.
  statement {
    sid       = "TellMissingFromForbidden"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arns.normalized, local.bucket_arns.raw]
  }

  statement {
    sid       = "MeasureBacklog"
    actions   = ["cloudwatch:GetMetricData"]
    resources = ["*"] # the action knows no resource
  }

  statement {
    sid       = "SendAgain"
    actions   = ["events:PutEvents"]
    resources = [local.bus_arn]

    condition {
      test     = "StringEquals"
      variable = "events:source"
      values   = ["dvss.ingest", "dvss.normalize"]
    }
  }
}
