region      = "us-east-1"
cost_center = "dvss-prod"
