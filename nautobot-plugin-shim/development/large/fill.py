"""Makes a seeded Nautobot large; runs inside ``nautobot-server nbshell``, for the template ``large``.

Rows are created in bulk, without ``save()`` and without an entry in the change log: what ``save()`` would have worked out, such
as the parent of a prefix, is worked out here.
"""

from datetime import date, timedelta
import json
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from nautobot.circuits.models import Circuit, CircuitTermination, CircuitType, Provider
from nautobot.dcim.models import Cable, Device, Interface, Location, Rack
from nautobot.ipam.models import IPAddress, Prefix, VLAN
import seed_rights

from large.catalog import Catalog, make_catalog
from large.devices import fill_with_devices
from large.places import make_sites, Site
from large.rights import seed_large_rights
from large.rows import CHOOSE, description, make, save, status

HERE = Path(__file__).resolve().parent
CIRCUITS = 400
DATED = [Cable, Circuit, Device, Interface, IPAddress, Location, Prefix, Rack, VLAN]


def make_circuits(sites: list[Site], catalog: Catalog) -> None:
    """Create circuits between sites, some with one end."""
    providers, types = list(Provider.objects.order_by("name")), list(CircuitType.objects.order_by("name"))
    circuits = save(
        Circuit,
        (
            make(
                Circuit,
                str(number),
                cid=f"LP-{number:04d}",
                provider=CHOOSE.choice(providers),
                circuit_type=CHOOSE.choice(types),
                tenant=CHOOSE.choice(catalog.tenants),
                status=status("Active", "Active", "Planned", "Offline"),
                commit_rate=CHOOSE.choice([None, 100_000, 1_000_000, 10_000_000]),
                install_date=CHOOSE.choice([None, date(2023, 1, 1) + timedelta(days=CHOOSE.randrange(1000))]),
                description=description(),
            )
            for number in range(CIRCUITS)
        ),
    )
    ends = [
        make(CircuitTermination, f"{circuit.pk}/{side}", circuit=circuit, term_side=side, location=site.location)
        for circuit in circuits
        for side, site in zip("AZ"[: CHOOSE.choice([1, 2])], CHOOSE.sample(sites, 2), strict=False)
    ]
    save(CircuitTermination, ends)
    for side, field in (("A", "circuit_termination_a"), ("Z", "circuit_termination_z")):
        by_circuit = {end.circuit_id: end for end in ends if end.term_side == side}
        for circuit in circuits:
            setattr(circuit, field, by_circuit.get(circuit.pk))
        Circuit.objects.bulk_update(circuits, [field])


def spread_dates() -> None:
    """Let objects be created and changed on days that their ids tell."""
    with connection.cursor() as cursor:
        for model in DATED:
            days = "('x' || substr(md5(id::text), {0}, 6))::bit(24)::int % {1} * interval '1 day'"
            cursor.execute(
                f"UPDATE {model._meta.db_table} "  # noqa: S608
                f"SET created = timestamptz '2024-01-01 08:30Z' + {days.format(1, 600)}, "
                f"last_updated = timestamptz '2025-09-01 17:00Z' + {days.format(7, 100)}"
            )


def fill() -> None:
    """Create everything, and the users who look at it."""
    users = seed_rights.seed_users(get_user_model(), json.loads((HERE / "logins.json").read_text(encoding="utf-8")))
    with transaction.atomic():
        catalog = make_catalog()
        sites = make_sites(catalog)
        for site in sites:
            fill_with_devices(site, catalog)
        make_circuits(sites, catalog)
        spread_dates()
        alice = get_user_model().objects.get(username="alice")
        seed_large_rights(alice, users["carol"], users["dave"])
    print(f"{Device.objects.count()} devices, {Interface.objects.count()} interfaces")
