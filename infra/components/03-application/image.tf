# There whichever package is deployed: an image is pushed before a function can name it. Empty, it costs nothing.
resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_136:Images hold code and no secret: AES-256 with keys that ECR manages is enough.
  name                 = "dvss-${var.environment}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true # images are built again from any commit

  encryption_configuration {
    encryption_type = "AES256"
  }

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Images without a tag are left over from builds."
        selection = {
          tagStatus   = "untagged"
          countType   = "sinceImagePushed"
          countUnit   = "days"
          countNumber = 7
        }
        action = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Twenty images to roll back to."
        selection = {
          tagStatus      = "tagged"
          tagPatternList = ["*"]
          countType      = "imageCountMoreThan"
          countNumber    = 20
        }
        action = { type = "expire" }
      },
    ]
  })
}
