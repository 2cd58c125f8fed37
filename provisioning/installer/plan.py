"""What is to be done to make this machine what it should be: from facts to steps, without touching anything.

A machine that is as it should be gives an empty plan: that is what "installed again changes nothing" means.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from provisioning.installer.facts import Facts, Seen
from provisioning.installer.product import Product, Wanted
from provisioning.installer.roles import CONFIG, SECRETS, Role
from provisioning.installer.steps import (
    BuildVenv,
    Enable,
    InstallPackages,
    Link,
    MakeAdministrator,
    MakeAuthority,
    MakeCloudKeys,
    MakeFolder,
    MakeSecret,
    MakeUsers,
    Mark,
    NoDesktop,
    Reload,
    Start,
    Step,
    SystemSite,
    WriteFile,
    WritePolicies,
)

AUTHORITY = "/var/lib/moiso-hub/tls/site-ca.crt"
OFFICERS = f"{CONFIG}/officers.toml"
POLICIES = "/etc/chromium/policies/managed"
POLICY_FILE = f"{POLICIES}/moiso.json"
CLOUD_KEYS = f"{CONFIG}/broker/mosquitto.conf"
SECRET_FILES = {"hub": f"{SECRETS}/hub/site.key", "cloud": f"{SECRETS}/cloud/session.key"}


class Missing(NamedTuple):
    """A first configuration that cannot be written: the option that says what is needed, for which file."""

    role: str
    option: str
    config: str


class Plan(NamedTuple):
    """What is to be done, in this order, and what nobody has said yet."""

    steps: tuple[Step, ...]
    missing: tuple[Missing, ...]


def plan(product: Product, wanted: Wanted, facts: Facts) -> Plan:
    """What makes a machine that looks like ``facts`` into these roles."""
    before: list[Step] = []
    lacking = tuple(name for name in wanted.packages if name not in facts.packages)
    if lacking:
        before.append(InstallPackages(lacking))
    files = list(_files(wanted, facts))
    before += files
    users = tuple(name for name in wanted.users if name not in facts.users)
    # An account's file may only have new groups in it.
    if users or any("sysusers.d" in step.target for step in files):
        before.append(MakeUsers(wanted.users))
    before += [step for step in wanted.folders if facts.seen.get(step.target) != _seen(step)]
    if facts.venv != product.digest:
        before.append(BuildVenv(product.digest))
    if facts.system_site != wanted.system_site and (facts.venv or wanted.system_site):
        before.append(SystemSite(wanted.system_site))
    elif facts.venv != product.digest and wanted.system_site:
        before.append(SystemSite(True))
    before += [Link(link, to) for link, to in wanted.links.items() if facts.links.get(link) != to]
    first, missing = _first(wanted, facts)
    before += first
    before += _systemd(wanted, facts, before)
    return Plan(tuple(before), missing)


def _seen(step: MakeFolder) -> Seen:
    return Seen(True, step.mode, step.owner, step.group)


def _files(wanted: Wanted, facts: Facts) -> Iterator[WriteFile]:
    for file in wanted.files:
        if facts.seen.get(file.target) != file.seen:
            yield WriteFile(file.target, file.content, file.mode)


def _first(wanted: Wanted, facts: Facts) -> tuple[list[Step], tuple[Missing, ...]]:
    """First configurations and keys, each only where there is none."""
    steps: list[Step] = []
    missing: list[Missing] = []
    for role in wanted.roles:
        written = _configs(role, wanted, facts, steps, missing)
        secret = SECRET_FILES.get(role.name)
        if secret and secret not in facts.seen:
            steps.append(MakeSecret(secret))
        if role.name == "hub" and written:
            if AUTHORITY not in facts.seen:
                steps.append(MakeAuthority())
            if OFFICERS not in facts.seen:
                steps.append(MakeAdministrator(wanted.administrator))
        if role.name == "kiosk" and POLICY_FILE not in facts.seen:
            steps.append(WritePolicies())
        if role.name == "cloud" and written and CLOUD_KEYS not in facts.seen:
            steps.append(MakeCloudKeys(wanted.answers["name"]))
    return steps, tuple(missing)


def _configs(role: Role, wanted: Wanted, facts: Facts, steps: list[Step], missing: list[Missing]) -> bool:
    """Whether every configuration of the role is there, or is written now."""
    complete = True
    for config in role.configs:
        if config.target in facts.seen:
            continue
        unsaid = [option for option in config.asks if not wanted.answers.get(option)]
        missing += [Missing(role.name, option, config.target) for option in unsaid]
        complete = complete and not unsaid
        if not unsaid:
            steps.append(WriteFile(config.target, wanted.configs[config.name], config.mode, config.group))
    return complete


def _systemd(wanted: Wanted, facts: Facts, so_far: Sequence[Step]) -> Iterator[Step]:
    """What systemd has to be told, after everything else."""
    changed = {step.target for step in so_far if isinstance(step, WriteFile)}
    if (changed or facts.stale) and facts.booted:
        yield Reload(any("/udev/" in target for target in changed))
    disabled = tuple(name for name in wanted.enable if name not in facts.enabled)
    if disabled:
        yield Enable(disabled)
    if facts.graphical and any(role.name == "kiosk" for role in wanted.roles):
        yield NoDesktop()
    for role in wanted.roles:
        if role.name not in facts.roles:
            yield Mark(role.name)
    rebuilt = any(isinstance(step, BuildVenv | SystemSite | MakeAuthority | MakeCloudKeys) for step in so_far)
    units_changed = any(target.endswith((".service", ".timer", ".path", ".target", ".toml")) for target in changed)
    if facts.booted and (rebuilt or units_changed or disabled or facts.stale):
        # A mount over /tmp would hide what lies there: it begins with the next start of the machine.
        yield Start(tuple(name for name in wanted.enable if not name.endswith(".mount")))
