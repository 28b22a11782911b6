# Bucket, key and region come from tf.sh, which knows the environment.
terraform {
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}
