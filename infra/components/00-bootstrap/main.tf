module "states" {
  source = "../../modules/bucket"

  name             = var.state_bucket
  can_be_destroyed = false
}
