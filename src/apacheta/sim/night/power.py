"""What flight costs: the drag polar on the wing, momentum theory in the hover."""

import math

from ...core.aircraft import Aircraft
from .air import RHO0, G

HOVER_FIGURE_OF_MERIT = 0.55
HOVER_DISC_LOADING_N_M2 = 170.0


def hover_power_w(aircraft: Aircraft, rho_kg_m3: float, climb_m_s: float = 0.0) -> float:
    """Electric power of the rotors in the hover; density enters as rho^-1/2 (momentum theory)."""
    weight = aircraft.mass_kg * G
    sea_level = aircraft.hover_power_w
    if sea_level is None:
        sea_level = weight * math.sqrt(HOVER_DISC_LOADING_N_M2 / (2.0 * RHO0)) / HOVER_FIGURE_OF_MERIT
    return sea_level * math.sqrt(RHO0 / rho_kg_m3) + weight * max(climb_m_s, 0.0) / HOVER_FIGURE_OF_MERIT


def wing_lift_coefficient(aircraft: Aircraft, rho_kg_m3: float, tas_m_s: float, bank_rad: float) -> float:
    """Lift coefficient that carries the weight in a bank."""
    assert aircraft.wing_area_m2
    pressure = 0.5 * rho_kg_m3 * max(tas_m_s, 5.0) ** 2
    return aircraft.mass_kg * G / math.cos(bank_rad) / (pressure * aircraft.wing_area_m2)


def wing_power_w(aircraft: Aircraft, rho_kg_m3: float, tas_m_s: float, bank_rad: float, climb_m_s: float) -> float:
    """Electric power of wing-borne flight: (drag x speed + weight x climb) / efficiency, never negative."""
    assert aircraft.wing_area_m2
    assert aircraft.cd0 is not None
    assert aircraft.induced_k is not None
    lift = wing_lift_coefficient(aircraft, rho_kg_m3, tas_m_s, bank_rad)
    drag_coefficient = aircraft.cd0 + aircraft.induced_k * lift * lift
    drag = 0.5 * rho_kg_m3 * tas_m_s**2 * aircraft.wing_area_m2 * drag_coefficient
    return max(0.0, drag * tas_m_s + aircraft.mass_kg * G * climb_m_s) / aircraft.propulsive_efficiency
