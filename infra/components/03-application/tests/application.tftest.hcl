mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
}

override_data {
  target = data.terraform_remote_state.network
  values = { outputs = { subnet_ids = [], security_group_ids = [] } }
}

override_data {
  target = data.terraform_remote_state.stateful
  values = {
    outputs = {
      raw_bucket            = "dvss-raw-test"
      normalized_bucket     = "dvss-normalized-test"
      ingest_records_table  = "dvss-ingest-records-test"
      vendor_mappings_table = "dvss-vendor-mappings-test"
      quarantine_table      = "dvss-quarantine-test"
      outbox_table          = "dvss-outbox-test"
      bucket_arns           = { raw = "arn:aws:s3:::dvss-raw-test", normalized = "arn:aws:s3:::dvss-normalized-test" }
      table_arns = {
        ingest-records  = "arn:aws:dynamodb:us-east-1:123456789012:table/dvss-ingest-records-test"
        vendor-mappings = "arn:aws:dynamodb:us-east-1:123456789012:table/dvss-vendor-mappings-test"
        quarantine      = "arn:aws:dynamodb:us-east-1:123456789012:table/dvss-quarantine-test"
        outbox          = "arn:aws:dynamodb:us-east-1:123456789012:table/dvss-outbox-test"
      }
      lane_queues = {
        live   = { name = "dvss-live-test", arn = "arn:aws:sqs:us-east-1:123456789012:dvss-live-test", url = "https://example.com/live", visibility_timeout_seconds = 180, dead_letter_name = "dvss-live-dlq-test" }
        replay = { name = "dvss-replay-test", arn = "arn:aws:sqs:us-east-1:123456789012:dvss-replay-test", url = "https://example.com/replay", visibility_timeout_seconds = 180, dead_letter_name = "dvss-replay-dlq-test" }
      }
      undelivered_queue = { name = "dvss-undelivered-test", arn = "arn:aws:sqs:us-east-1:123456789012:dvss-undelivered-test", url = "https://example.com/undelivered" }
    }
  }
}

variables {
  environment     = "test"
  region          = "us-east-1"
  cost_center     = "test"
  state_bucket    = "states"
  lambda_zip_path = "functions.tf"
  lanes           = ["live"]
  usage_plans     = { rate-10-burst-20 = { requests_per_second = 10, burst = 20 } }
  vendors = {
    acme = { usage_plan = "rate-10-burst-20", webhook = true, secrets_parameter = "vendors/acme/secrets" }
    bolt = { usage_plan = "rate-10-burst-20", webhook = false, secrets_parameter = null }
  }
}

run "a_vendor_brings_all_that_it_needs" {
  command = plan

  assert {
    condition     = { for id, parameter in aws_ssm_parameter.vendor_secrets : id => parameter.name } == { acme = "/dvss/test/vendors/acme/secrets" }
    error_message = "A vendor that signs has no place for its secrets, or one that does not sign has."
  }

  assert {
    condition     = aws_api_gateway_usage_plan.this["rate-10-burst-20"].name == "dvss-rate-10-burst-20-test" && one(aws_api_gateway_usage_plan.this["rate-10-burst-20"].throttle_settings).rate_limit == 10
    error_message = "The tier of limits has no usage plan."
  }
}

run "the_api_invokes_ingest_on_its_routes_alone" {
  command = plan

  assert {
    condition = local.routes == {
      sendEvent      = "POST/v1/events"
      sendBatch      = "POST/v1/events/batch"
      getEventStatus = "GET/v1/events/*"
      receiveWebhook = "POST/v1/webhooks/*/*"
      getHealth      = "GET/v1/health"
    }
    error_message = "The routes that may invoke ingest are not those of the document."
  }

  assert {
    condition     = toset([for path, item in jsondecode(aws_api_gateway_rest_api.this.body).paths : [for method, operation in item : operation["x-amazon-apigateway-integration"].uri][0]]) == toset(["arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:dvss-ingest-test/invocations"])
    error_message = "A route goes elsewhere."
  }
}

run "an_image_is_deployed_by_its_digest" {
  command = plan

  variables {
    package_type    = "Image"
    lambda_zip_path = null
    image_digest    = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }

  assert {
    condition     = local.package.zip_path == null && aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE"
    error_message = "The zip is deployed, or what is deployed can change."
  }
}

run "an_image_without_its_digest_is_refused" {
  command = plan

  variables {
    package_type = "Image"
    image_digest = "latest"
  }

  expect_failures = [var.image_digest]
}

run "a_zip_without_its_path_is_refused" {
  command = plan

  variables {
    lambda_zip_path = null
  }

  expect_failures = [var.lambda_zip_path]
}

run "a_public_url_of_ones_own_is_what_ingest_is_told" {
  command = plan

  variables {
    public_url = "https://vendors.example.com"
  }

  assert {
    condition     = local.environment_variables.DVSS_PUBLIC_URL == "https://vendors.example.com"
    error_message = "Vendors sign one URL and ingest checks another."
  }
}

run "a_vendor_that_would_break_a_name_is_refused" {
  command = plan

  variables {
    vendors = { "acme/../x" = { usage_plan = "rate-10-burst-20", webhook = false } }
  }

  expect_failures = [var.vendors]
}

run "a_vendor_without_its_usage_plan_is_refused" {
  command = plan

  variables {
    vendors = { acme = { usage_plan = "gold", webhook = false } }
  }

  expect_failures = [var.vendors]
}

run "a_vendor_whose_secrets_lie_elsewhere_is_refused" {
  command = plan

  variables {
    vendors = { acme = { usage_plan = "rate-10-burst-20", webhook = true, secrets_parameter = "vendors/bolt/secrets" } }
  }

  expect_failures = [var.vendors]
}

run "a_lane_that_nothing_reads_is_refused" {
  command = plan

  variables {
    lanes = ["live", "workflow"]
  }

  expect_failures = [var.lanes]
}

run "a_usage_plan_that_allows_nothing_is_refused" {
  command = plan

  variables {
    usage_plans = { rate-10-burst-20 = { requests_per_second = 0, burst = 0 } }
  }

  expect_failures = [var.usage_plans]
}

run "more_batches_than_normalize_can_run_are_refused" {
  command = plan

  variables {
    lane_limits = { live = { maximum_concurrency = 28 } }
  }

  expect_failures = [var.lane_limits]
}

run "functions_that_outlast_what_waits_for_them_are_refused" {
  command = plan

  variables {
    functions = { ingest = { timeout_seconds = 30 }, steward = { timeout_seconds = 60 } }
  }

  expect_failures = [var.functions]
}

run "messages_that_would_be_read_twice_are_refused" {
  command = plan

  variables {
    functions = { normalize = { timeout_seconds = 31 } }
  }

  expect_failures = [aws_lambda_event_source_mapping.lane]
}

run "what_else_makes_no_sense_is_refused" {
  command = plan

  variables {
    state_bucket       = ""
    package_type       = "Folder"
    batch_size         = 11
    public_url         = "https://vendors.example.com/"
    log_level          = "LOUD"
    log_retention_days = 31
    route_limits       = { all = { requests_per_second = 0, burst = 0 } }
  }

  expect_failures = [
    var.state_bucket,
    var.package_type,
    var.batch_size,
    var.public_url,
    var.log_level,
    var.log_retention_days,
    var.route_limits,
  ]
}
