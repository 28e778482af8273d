"""Swap of a redundant power supply: only while the other one carries the load."""

from __future__ import annotations

from app.jobs.kind import Evidence, Kind, Question, StepTemplate

KIND = Kind(
    name="psu_swap",
    title="Power supply swap",
    minutes=30,
    power="on",
    risk="Pulling the supply that carries the load takes the server down.",
    questions=(Question("psu", "Which power supply has failed (its number)?"),),
    target_question="psu",
    verify_minutes=5,
    back_out_minutes=10,
    finding_kinds=("psu",),
    tools=("ESD strap",),
    parts=("power supply of the same model",),
    steps=(
        StepTemplate("esd", "Put on the ESD strap"),
        StepTemplate("photo_before", "Take a photo of the rear with both cords", Evidence.PHOTO),
        StepTemplate(
            "other_ok",
            "The light of the other power supply is steady green",
            problem="Off or amber: unplug nothing. It carries no load, and the server would go down. Call for help.",
        ),
        StepTemplate("new_serial", "Scan the serial of the new power supply", Evidence.SERIAL),
        StepTemplate(
            "cord_out",
            "Unplug the cord of the failed supply only",
            expect="The other supply stays steady green and the server stays on.",
            problem="The server goes off: plug the cord in again at once and call for help.",
            back_out="Plug the cord in again.",
        ),
        StepTemplate(
            "swap",
            "Pull the failed supply and push in the new one within two minutes",
            destructive=True,
            hint="No spare at hand? Leave the failed supply in: it keeps the airflow.",
            expect="It clicks and sits flush; the fans calm down.",
            problem="The new one does not fit: push the old one back in, so that the air keeps its way.",
            back_out="Push the old supply back in.",
            within_s=120,
        ),
        StepTemplate("old_serial", "Scan the serial of the supply you took out", Evidence.SERIAL),
        StepTemplate(
            "cord_in",
            "Plug the cord in again; the light turns green",
            expect="Steady green within ten seconds.",
            problem="Dark or amber: try the other outlet's cord, then call for help.",
        ),
        StepTemplate("photo_after", "Take a photo of the rear with both cords", Evidence.PHOTO),
    ),
)
