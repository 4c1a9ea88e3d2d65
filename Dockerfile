# Two images:
#   docker build --target ironstep -t ironstep:0.1.0 .      worker, codec server and CLI of a team
#   docker build --target lab -t ironstep-lab:0.1.0 .       the demo, on QEMU machines inside
# The base image is pinned by its version; pin it by digest too where your registry tells it:
#   docker buildx imagetools inspect node:24.21.0-bookworm-slim
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS checkout
WORKDIR /opt/checkout
COPY package.json package-lock.json .npmrc ./
# No install script is needed: all native parts are prebuilt packages.
RUN npm ci --ignore-scripts
COPY . .

# The image holds what the package holds, unpacked.
FROM checkout AS package
RUN npm pack --pack-destination /tmp \
  && mkdir /tmp/ironstep \
  && tar -xzf /tmp/ironstep-*.tgz -C /tmp/ironstep --strip-components=1

FROM ${NODE_IMAGE} AS packages
WORKDIR /opt/ironstep
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev

FROM ${NODE_IMAGE} AS ironstep
# For `ironstep ssh`.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends openssh-client \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production XDG_CONFIG_HOME=/etc XDG_STATE_HOME=/var/lib XDG_CACHE_HOME=/var/cache
COPY --from=packages /opt/ironstep/node_modules /opt/ironstep/node_modules
COPY --from=package /tmp/ironstep /opt/ironstep
RUN ln -s /opt/ironstep/bin/ironstep.mjs /usr/local/bin/ironstep \
  && install -d -o node -g node -m 700 /etc/ironstep /var/lib/ironstep /var/cache/ironstep
# 1000:1000, as in Temporal's images, so that they can share secrets.
USER node
WORKDIR /home/node
VOLUME /var/lib/ironstep
ENTRYPOINT ["ironstep"]
CMD ["worker"]
# Temporal hears from this container's worker; a lost Temporal makes it unhealthy too.
HEALTHCHECK --interval=60s --timeout=30s --start-period=60s --retries=3 \
  CMD ["ironstep", "worker", "--check"]

# docker run -it --security-opt seccomp=unconfined --security-opt apparmor=unconfined
#   -v ironstep-lab:/home/node/.cache ironstep-lab:0.1.0
# It builds its images in a user namespace, which Docker's default profiles forbid. With
# `--device /dev/kvm` (readable to the user 1000) its machines are several times faster.
FROM checkout AS lab
RUN apt-get update \
  && sed 's/#.*//' lab/debian-packages.txt \
    | xargs apt-get install --yes --no-install-recommends python3-pip \
  && rm -rf /var/lib/apt/lists/* \
  && usermod --add-subuids 100000-165535 --add-subgids 100000-165535 node
USER node
# The Temporal CLI, at its pinned digest; the lab's own images are built at the first start.
RUN node --import tsx scripts/prepare.ts --temporal
VOLUME /home/node/.cache
ENTRYPOINT ["node", "/opt/checkout/bin/ironstep.mjs"]
CMD ["demo"]
