# Secrets are put in by `dvss key` and by the deployment. Terraform makes their places: a write-only value is never read
# back, so that no secret comes into the state.
resource "aws_ssm_parameter" "vendor_secrets" {
  for_each = { for id, vendor in var.vendors : id => vendor.secrets_parameter if vendor.secrets_parameter != null }

  name             = "${local.parameter_prefix}/${each.value}"
  description      = "Secrets by which webhooks of ${each.key} are authenticated, newest first."
  type             = "SecureString"
  value_wo         = jsonencode({ active = [] })
  value_wo_version = 1
}

resource "aws_ssm_parameter" "token_key" {
  name             = "${local.parameter_prefix}/token-key"
  description      = "Key of the tokens that stand for personal data; the first deployment sets it."
  type             = "SecureString"
  value_wo         = "unset"
  value_wo_version = 1
}
