locals {
  # All keys are strings. `indexes` are global and hold keys alone: readers fetch the rows, consistently.
  tables = {
    ingest-records = {
      hash_key  = "vendorId"
      range_key = "externalEventId"
      indexes = {
        # Sparse: a row is in it only while its event is on its way. The steward reads it.
        byDispatch = { hash_key = "dispatch", range_key = "dispatchAt" }
        # For operators, who ask for an ingest id or a time.
        byIngestId = { hash_key = "idShard", range_key = "ingestId" }
      }
    }
    canonical-state = { hash_key = "pk", range_key = "sk", indexes = {} }
    vendor-mappings = { hash_key = "vendorId", range_key = "mappingVersion", indexes = {} }
    divergence      = { hash_key = "vendorId", range_key = "divergenceId", indexes = {} }
    quarantine      = { hash_key = "vendorId", range_key = "itemId", indexes = {} }
    outbox          = { hash_key = "pk", range_key = "sk", indexes = {} }
  }
}

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_119:Encrypted with the key that DynamoDB owns: a customer-managed one bills each request, and the roles that read the table would be granted it too.
  for_each = local.tables

  name                        = "dvss-${each.key}-${var.environment}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = each.value.hash_key
  range_key                   = each.value.range_key
  deletion_protection_enabled = var.data_is_protected

  dynamic "attribute" {
    for_each = toset(flatten([
      [each.value.hash_key, each.value.range_key],
      [for index in each.value.indexes : [index.hash_key, index.range_key]],
    ]))

    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = each.value.indexes

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.hash_key
      range_key       = global_secondary_index.value.range_key
      projection_type = "KEYS_ONLY"
    }
  }

  point_in_time_recovery {
    enabled = true
  }
}
