# syntax=docker/dockerfile:1
# The dashboard with its data. Torch brings its own CUDA libraries, so a GPU host needs only
# NVIDIA's driver and container toolkit: docker run --gpus all ...
#
# Without a GPU, a 4 GB smaller image: docker build --build-arg CPU_ONLY=1 -t l335 .
FROM python:3.12-slim

ARG CPU_ONLY=""
ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# The number, not the name, is what Kubernetes checks for runAsNonRoot.
RUN useradd --create-home --uid 10001 l335 \
    && install --directory --owner=l335 --group=l335 /data

WORKDIR /app

# Requirements first: a change of the code keeps this layer of 5 GB.
COPY requirements.txt ./
RUN if [ -n "$CPU_ONLY" ]; then \
        grep -E '^torch(vision)?[<>=]' requirements.txt > /tmp/torch.txt \
        && pip install --index-url https://download.pytorch.org/whl/cpu -r /tmp/torch.txt \
        && rm /tmp/torch.txt; \
    fi \
    && pip install -r requirements.txt

# Owned by root, so that the dashboard can't change its own code.
COPY . .
RUN python -m compileall -q app.py l335 pages

USER 10001
ENV L335_DATA_DIR=/data \
    L335_PORT=8501 \
    CUDA_CACHE_PATH=/tmp/cuda \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
VOLUME /data
EXPOSE 8501

# It asks the web server only; a busy GPU must not make a healthy dashboard look ill.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; env = os.environ.get; path = (env('L335_BASE_PATH') or env('STREAMLIT_SERVER_BASE_URL_PATH') or '').strip('/ '); u.urlopen('http://127.0.0.1:' + os.environ['L335_PORT'] + (path and '/' + path) + '/healthz', timeout=4)"]

CMD ["python", "-m", "l335", "serve", "--host", "0.0.0.0"]
