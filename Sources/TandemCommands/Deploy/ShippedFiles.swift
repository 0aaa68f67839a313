/// The files of `deployment/receiver`, as a deployment writes them on a vm.
///
/// A test holds them to the files themselves, which are what people read and check.
enum ShippedFiles {
    static let containerfile =
        #"""
        # The receiver in its container: one static binary and nothing beside it.
        # `make image` builds this; another BASE gives a shell to look around with.
        ARG BASE=scratch
        FROM ${BASE}
        COPY tandem-receiver /tandem-receiver

        # `podman exec -i tandem-receiver tandem-receiver connect` finds the program by name.
        ENV PATH=/

        # Overridden by what starts the container: the uid that logs in over SSH. Never root.
        USER 10001:10001
        EXPOSE 8080
        HEALTHCHECK --interval=30s --timeout=5s --retries=3 \
            CMD ["/tandem-receiver", "health", "--http", "127.0.0.1:8080"]
        ENTRYPOINT ["/tandem-receiver"]
        CMD ["serve", "--root", "/app", "--state", "/state", "--socket", \#
        "/run/tandem/receiver.sock", "--http", "0.0.0.0:8080", "--logs", "/logs"]

        """#

    static let unit =
        #"""
        # Rootless Quadlet: ~/.config/containers/systemd/tandem-receiver.container of the account \#
        that logs
        # in over SSH, with lingering enabled. Every line that differs when Podman runs as root \#
        is in
        # rootful/tandem-receiver.container. docs/DEPLOYMENT.md tells how to put it in place.

        [Unit]
        Description=Tandem receiver: applies what the laptop sends to one directory
        # A start that fails is tried again for ever, ever less often.
        StartLimitIntervalSec=0

        # Nothing here needs the network to be up, and an account's unit would wait 90 s for a target that
        # many vms never reach.
        [Quadlet]
        DefaultDependencies=false

        [Container]
        Image=localhost/tandem-receiver:latest
        ContainerName=tandem-receiver
        Pull=never
        Exec=serve --root /app --state /state --socket /run/tandem/receiver.sock --http \#
        0.0.0.0:8080 --logs /logs

        # The process is the uid that owns the tree and logs in over SSH, inside and outside.
        UserNS=keep-id
        User=%U
        Group=%G

        ReadOnly=true
        DropCapability=all
        NoNewPrivileges=true

        # Counts and states only, and only for this machine. The sync stream has no port.
        PublishPort=127.0.0.1:8081:8080

        # The tree and the logs are shared with other containers (:z); the rest is this one's own \#
        (:Z).
        # sshd reaches the socket through its directory, which nobody else may enter.
        Volume=%h/app:/app:z
        Volume=%h/.local/state/tandem/logs:/logs:z
        Volume=%h/.local/state/tandem/receiver:/state:Z
        Volume=%t/tandem:/run/tandem:Z

        HealthCmd=["/tandem-receiver","health","--http","127.0.0.1:8080"]
        HealthInterval=30s
        HealthTimeout=5s
        HealthRetries=3

        [Service]
        # An acknowledged batch is durable; what is under way is undone or finished at the next \#
        start.
        Restart=always
        RestartSec=2
        RestartSteps=5
        RestartMaxDelaySec=10
        TimeoutStopSec=20
        UMask=0077
        ExecStartPre=/usr/bin/install -d -m 0700 %t/tandem %h/.local/state/tandem/receiver
        ExecStartPre=/usr/bin/install -d %h/app %h/.local/state/tandem/logs

        [Install]
        WantedBy=default.target

        """#

    static let limits =
        #"""
        # Limits, apart from the unit because a vm without the cgroup controllers cannot start \#
        with them.
        # PodmanArgs, because Memory= is newer than Podman 5.4.

        [Container]
        PidsLimit=256
        PodmanArgs=--memory=512m --cpus=2

        """#
}
