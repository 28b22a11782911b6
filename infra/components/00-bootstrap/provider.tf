provider "aws" {
  region = var.region

  # No environment: those of one account may share the bucket.
  default_tags {
    tags = {
      Project   = "dvss"
      Component = "00-bootstrap"
      ManagedBy = "terraform"
    }
  }
}
