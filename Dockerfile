# Hedgehold for those who prefer a container. It holds no key and no settings:
#
#   docker build --tag hedgehold .
#   docker run --init --read-only --cap-drop ALL --security-opt no-new-privileges --ulimit core=0 \
#     --stop-timeout 30 --restart on-failure --env-file keys.env \
#     --mount type=bind,source="$PWD/my.toml",target=/etc/hedgehold/hedgehold.toml,readonly \
#     --mount type=volume,source=hedgehold,target=/var/lib/hedgehold hedgehold
#
# Real coins need `run --live --config …` as the command, and a passed `check` of the same settings
# and keys. To be sure of the base image, build with --build-arg PYTHON_IMAGE=python@sha256:….
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /source
RUN python -m venv /opt/hedgehold
COPY requirements.lock ./
RUN /opt/hedgehold/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-input \
    --no-deps --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config ./config
COPY bot ./bot
RUN /opt/hedgehold/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-input \
    --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin hedgehold \
    && install -d -o hedgehold -g hedgehold -m 0700 /var/lib/hedgehold
COPY --from=build /opt/hedgehold /opt/hedgehold
ENV PATH=/opt/hedgehold/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/hedgehold
VOLUME /var/lib/hedgehold
STOPSIGNAL SIGTERM
ENTRYPOINT ["hedgehold"]
CMD ["run", "--config", "/etc/hedgehold/hedgehold.toml", "--log-format", "json"]
