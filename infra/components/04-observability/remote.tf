# All that this component takes from those below it.
data "terraform_remote_state" "stateful" {
  backend = "s3"

  config = {
    bucket = var.state_bucket
    key    = "dvss/${var.environment}/02-stateful-resources.tfstate"
    region = var.region
  }
}

data "terraform_remote_state" "application" {
  backend = "s3"

  config = {
    bucket = var.state_bucket
    key    = "dvss/${var.environment}/03-application.tfstate"
    region = var.region
  }
}

locals {
  lane_queues       = data.terraform_remote_state.stateful.outputs.lane_queues
  undelivered_queue = data.terraform_remote_state.stateful.outputs.undelivered_queue

  functions     = data.terraform_remote_state.application.outputs.functions
  rest_api_name = data.terraform_remote_state.application.outputs.rest_api_name
  stage         = data.terraform_remote_state.application.outputs.stage
  own_namespace = data.terraform_remote_state.application.outputs.metrics_namespace
}
