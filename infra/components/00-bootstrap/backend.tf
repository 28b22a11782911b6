# The state lies in the bucket that it describes: scripts/bootstrap.sh moves it there once the bucket is made.
terraform {
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}
