# Secrets are put in by `dvss key` and by the deployment. Terraform makes their places: a write-only value is never read
# back, so that no secret comes into the state. An update of any other argument would write the placeholder again, over
# the secrets, so Terraform makes and deletes these and changes nothing of them.
resource "aws_ssm_parameter" "vendor_secrets" {
  #checkov:skip=CKV_AWS_337:Encrypted with the account's key aws/ssm, which opens only through SSM and for whom IAM grants the parameter; a customer-managed key adds cost, and a second grant to the same roles.
  for_each = { for id, vendor in var.vendors : id => vendor.secrets_parameter if vendor.secrets_parameter != null }

  name             = "${local.parameter_prefix}/${each.value}"
  description      = "Secrets by which webhooks of ${each.key} are authenticated, newest first."
  type             = "SecureString"
  value_wo         = jsonencode({ active = [] })
  value_wo_version = 1

  lifecycle {
    ignore_changes = all
  }
}

resource "aws_ssm_parameter" "token_key" {
  #checkov:skip=CKV_AWS_337:Encrypted with the account's key aws/ssm, which opens only through SSM and for whom IAM grants the parameter; a customer-managed key adds cost, and a second grant to the same roles.
  name             = "${local.parameter_prefix}/token-key"
  description      = "Key of the tokens that stand for personal data; the first deployment sets it."
  type             = "SecureString"
  value_wo         = "unset"
  value_wo_version = 1

  lifecycle {
    ignore_changes = all
  }
}
