provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

# The one region that knows what the account costs.
provider "aws" {
  alias  = "billing"
  region = "us-east-1"

  default_tags {
    tags = local.tags
  }
}

locals {
  # What the bill is split by: activate them as cost allocation tags once per account.
  tags = {
    Project     = "dvss"
    Environment = var.environment
    Component   = "04-observability"
    CostCenter  = var.cost_center
    ManagedBy   = "terraform"
  }
}
