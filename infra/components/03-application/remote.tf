# All that this component takes from those below it.
data "terraform_remote_state" "network" {
  backend = "s3"

  config = {
    bucket = var.state_bucket
    key    = "dvss/${var.environment}/01-network.tfstate"
    region = var.region
  }
}

data "terraform_remote_state" "stateful" {
  backend = "s3"

  config = {
    bucket = var.state_bucket
    key    = "dvss/${var.environment}/02-stateful-resources.tfstate"
    region = var.region
  }
}

locals {
  network = {
    subnet_ids         = data.terraform_remote_state.network.outputs.subnet_ids
    security_group_ids = data.terraform_remote_state.network.outputs.security_group_ids
  }

  stateful          = data.terraform_remote_state.stateful.outputs
  bucket_arns       = local.stateful.bucket_arns
  table_arns        = local.stateful.table_arns
  lane_queues       = local.stateful.lane_queues
  undelivered_queue = local.stateful.undelivered_queue
}
