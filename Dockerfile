# syntax=docker/dockerfile:1
# docker build .                       the bot and the command line, with LiteRT
# docker build --target tensorflow .   with TensorFlow, too: to convert networks, to train, to run TensorFlow sessions
# docker build --target gpu .          with TensorFlow for NVIDIA's GPUs
# The version that the tests run on.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS source
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY bot bot
COPY inference inference
# The environment gets no pip of its own, and only wheels: to compile packages would take hours.
RUN python -m venv --without-pip /opt/labelbot
ENV PIP_ONLY_BINARY=:all: PIP_PYTHON=/opt/labelbot/bin/python

# The tests that packages bring take 20 MB.
FROM source AS build-slim
RUN --mount=type=cache,target=/root/.cache/pip pip install . \
    && find /opt/labelbot -depth -type d -name tests -exec rm -r {} +

FROM source AS build-tensorflow
RUN --mount=type=cache,target=/root/.cache/pip pip install '.[tensorflow]'

FROM source AS build-gpu
RUN --mount=type=cache,target=/root/.cache/pip pip install '.[gpu]'

FROM python:${PYTHON}-slim AS runtime
RUN pip uninstall --yes --root-user-action=ignore pip setuptools wheel \
    && useradd --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin labelbot && chmod 700 /data
ENV PATH=/opt/labelbot/bin:$PATH \
    LABELBOT_HOME=/data \
    PYTHONUNBUFFERED=1
USER labelbot
WORKDIR /data
VOLUME /data
# The first start builds the model.
HEALTHCHECK --interval=1m --timeout=10s --start-period=10m CMD ["labelbot", "healthcheck"]
ENTRYPOINT ["labelbot"]
CMD ["run"]

FROM runtime AS gpu
COPY --from=build-gpu /opt/labelbot /opt/labelbot

FROM runtime AS tensorflow
COPY --from=build-tensorflow /opt/labelbot /opt/labelbot

# The last one is the default.
FROM runtime AS slim
COPY --from=build-slim /opt/labelbot /opt/labelbot
