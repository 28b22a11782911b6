# The functions as one container image for Lambda on ARM64: exactly what lies in dist/lambda.zip, on AWS's own base image.
#   make package && docker build --platform linux/arm64 --tag dvss .
# Each function names its handler as the image's command, e.g. handlers.functions.normalize.handler.
# A dated tag, which AWS does not move. Where the registry can be asked, give its digest: --build-arg BASE=...@sha256:...
ARG BASE=public.ecr.aws/lambda/python:3.13.2026.06.05.14

FROM --platform=$BUILDPLATFORM ${BASE} AS package
COPY dist/lambda.zip /lambda.zip
RUN python -m zipfile -e /lambda.zip /task

FROM ${BASE}
COPY --from=package /task ${LAMBDA_TASK_ROOT}
# Lambda itself runs every image as a user without rights; this is for whoever starts it elsewhere.
USER 65534
CMD ["handlers.functions.ingest.handler"]
