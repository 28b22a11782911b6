data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  # The account's id keeps a bucket's name unique in the world.
  buckets = {
    for name in ["raw", "normalized", "inbox"] :
    name => "dvss-${name}-${var.environment}-${data.aws_caller_identity.this.account_id}"
  }
  raw_arn = "arn:${data.aws_partition.this.partition}:s3:::${local.buckets.raw}"
}
