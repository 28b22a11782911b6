module "network" {
  source = "../../modules/network"
  count  = var.enable_vpc ? 1 : 0

  environment        = var.environment
  region             = var.region
  cidr_block         = var.cidr_block
  zones              = var.zones
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn
}
