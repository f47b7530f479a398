"""Registrations as scenarios: who is registered at which contact, and for how long."""

from tests.frames import Party
from tests.scenario import Scenario

REGISTRAR = Party("registrar", "203.0.113.1", product="Relay 7.3")


def phone(name: str, number: int = 1) -> Party:
    """Return a phone of the user *name*, at an address of its own."""
    return Party(name, f"192.0.2.{number}", product="Atlanta Phone/1.0")


def registered(
    caller: Party, contact: str = "", *, at: str = "0", expires: int = 3600, call: str = ""
) -> Scenario:
    """Return how *caller* registers *contact* (an element of the header) for *expires* seconds."""
    contact = contact or f"<{caller.contact}>"
    scenario = Scenario(call or caller.name, at=at, gap="15ms", caller=caller, callee=REGISTRAR)
    headers = {"Contact": contact, "Expires": str(expires)}
    scenario.uac("REGISTER", headers=headers)
    listed = {"Contact": f"{contact};expires={expires}"} if expires else {"Contact": None}
    return scenario.uas(200, headers=listed)


def many(count: int) -> Scenario:
    """Return how so many users register, two contacts each, a hundred of them in a second."""
    return Scenario("many").join(
        *(
            registered(
                phone(f"user{number // 2}", number % 200 + 1),
                f"<sip:{number}@host>",
                at=f"{number * 10}ms",
                call=f"reg {number}",
            )
            for number in range(count)
        )
    )
