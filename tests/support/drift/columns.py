from modelyard.drift.profiling.profile import FeatureProfile, NumberProfile, Profile


def categories(profile: Profile, column: int = 0) -> dict[str, int]:
    return dict(profile.features[column].categories or {})


def values(profile: Profile) -> list[list[str]]:
    return [list(feature.categories or {}) for feature in profile.features]


def numbers_of(feature: FeatureProfile) -> NumberProfile:
    assert feature.numbers is not None
    return feature.numbers
