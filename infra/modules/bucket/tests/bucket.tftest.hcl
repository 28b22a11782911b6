mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name             = "dvss-example"
  can_be_destroyed = true
}

run "a_bucket_is_closed_versioned_and_encrypted" {
  command = plan

  assert {
    condition     = alltrue([aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy, aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets])
    error_message = "Public access is not blocked."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Versions are not kept."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Objects are not encrypted."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "Objects may belong to others."
  }
}

run "without_a_lock_it_can_be_destroyed" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.force_destroy && !aws_s3_bucket.this.object_lock_enabled && length(aws_s3_bucket_object_lock_configuration.this) == 0
    error_message = "The bucket is locked, or stays behind."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id] == ["abort-unfinished-uploads"]
    error_message = "Something else than unfinished uploads is deleted."
  }
}

run "with_a_lock_each_version_is_kept" {
  command = plan

  variables {
    can_be_destroyed = false
    locked_for_days  = 365
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy && aws_s3_bucket.this.object_lock_enabled
    error_message = "The bucket is not locked."
  }

  assert {
    condition     = one(aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention).mode == "GOVERNANCE" && one(aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention).days == 365
    error_message = "Versions are not locked for a year."
  }
}

run "objects_move_and_expire_when_they_are_told_to" {
  command = plan

  variables {
    archive_after_days = 90
    expire_after_days  = 400
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id] == ["abort-unfinished-uploads", "archive", "expire"]
    error_message = "The rules are not those that were asked for."
  }
}

run "a_name_that_s3_refuses_is_refused_here" {
  command = plan

  variables {
    name = "DVSS_raw"
  }

  expect_failures = [var.name]
}

run "times_that_s3_refuses_are_refused_here" {
  command = plan

  variables {
    archive_after_days = 29
    expire_after_days  = 0
    locked_for_days    = 0
  }

  expect_failures = [var.archive_after_days, var.expire_after_days, var.locked_for_days]
}
