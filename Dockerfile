# syntax=docker/dockerfile:1
# The version that the tests run on.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
RUN python -m venv /opt/labelbot
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY bot bot
COPY inference inference
RUN --mount=type=cache,target=/root/.cache/pip /opt/labelbot/bin/pip install .

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin labelbot
COPY --from=build /opt/labelbot /opt/labelbot
ENV PATH=/opt/labelbot/bin:$PATH \
    LABELBOT_HOME=/data \
    PYTHONUNBUFFERED=1
USER labelbot
WORKDIR /data
VOLUME /data
ENTRYPOINT ["labelbot"]
CMD ["run"]
