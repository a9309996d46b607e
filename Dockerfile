# One image for the web server, the worker and beat; compose.yaml shows the three.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY pyproject.toml constraints.txt README.md ./
RUN pip install --no-cache-dir -c constraints.txt .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app broadsheet && install -d -o broadsheet /data
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH
ENV PYTHONUNBUFFERED=1
ENV DATA_DIR=/data
ENV LOG_FORMAT=json
# Collected into the image, owned by root: the running site cannot change what it serves. The key is thrown away.
RUN DATA_DIR=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && mv /tmp/build/static /app/static && rm -rf /tmp/build && ln -s /app/static /data/static
USER broadsheet
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import http.client; c = http.client.HTTPConnection('127.0.0.1', 8000, timeout=2); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
STOPSIGNAL SIGTERM
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", \
     "--backpressure", "1000", "--workers-kill-timeout", "8", "--no-ws", "--log-level", "warning", "config.wsgi:application"]
