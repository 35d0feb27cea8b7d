"""Writes example and random phone numbers, each with what another port of libphonenumber makes of it.

A line has four fields, separated by tabs: the number in E.164, the type of the line and the country, or three dashes if
the text is not a number; and the text. The rules that Guiyi adds to the library are repeated here, so that every line must
agree. See domain/examples/compare_numbers.rs.
"""

import random
import sys

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

FORMATS = [PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL]
LINE_TYPES = {
    PhoneNumberType.MOBILE: "Mobile",
    PhoneNumberType.FIXED_LINE: "FixedLine",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "FixedLineOrMobile",
    PhoneNumberType.TOLL_FREE: "Service",
    PhoneNumberType.SHARED_COST: "Service",
    PhoneNumberType.PREMIUM_RATE: "Service",
    PhoneNumberType.UAN: "Service",
    PhoneNumberType.VOICEMAIL: "Service",
}
WORLD = "001"
DIGITS = "0123456789"
OTHER_DIGITS = ["０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"]
PUNCTUATION = [" ", "-", ".", "(", ")", "/", "－", "　", "‐", "\u00a0", "~", "*", "#", ",", ";", "'", "=", "+", "：", "x"]
NEIGHBOURS = ("852", "853", "886")


def examples():
    """Returns one number of every region and type for which there is metadata."""
    found = [
        phonenumbers.example_number_for_type(region, line)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for line in PhoneNumberType.values()
    ]
    codes = sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
    found += [phonenumbers.example_number_for_non_geo_entity(code) for code in codes]
    return [number for number in found if number is not None]


def digits(dice, count):
    return "".join(dice.choice(DIGITS) for _ in range(count))


def edited(dice, text):
    """Inserts, removes or replaces up to three digits."""
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(text) + 1)
        kind = dice.randrange(3)
        text = text[:at] + (dice.choice(DIGITS) if kind < 2 else "") + text[at + (kind > 0) :]
    return text


def punctuated(dice, text):
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(PUNCTUATION) + text[at:]
    return text


def random_text(dice, known, codes):
    kind = dice.random()
    if kind < 0.2:
        return "+" + str(dice.choice(codes)) + digits(dice, dice.randint(3, 13))
    if kind < 0.4:
        return digits(dice, dice.randint(2, 17))
    if kind < 0.5:
        return dice.choice(NEIGHBOURS) + digits(dice, dice.randint(5, 11))
    example = phonenumbers.format_number(dice.choice(known), dice.choice(FORMATS))
    if kind < 0.8:
        return edited(dice, example)
    if kind < 0.95:
        return punctuated(dice, example)
    wide = example.translate(str.maketrans(DIGITS, dice.choice(OTHER_DIGITS)))
    return wide.replace("+", dice.choice("+＋"))


def valid(text, region):
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) and not number.extension else None


def read(text):
    """Reads a text by the rules of Guiyi, without additional prefixes."""
    if len(text.encode()) > 64 or any("a" <= c.lower() <= "z" for c in text):
        return None
    number = valid(text, "CN")
    if number is None and not any(plus in text for plus in "+＋"):
        if phonenumbers.normalize_digits_only(text).startswith(NEIGHBOURS):
            number = valid("+" + text.strip(), None)
    return number


def line(text):
    number = read(text)
    if number is None:
        return f"-\t-\t-\t{text}"
    region = phonenumbers.region_code_for_number(number)
    country = "-" if region in (None, WORLD) else region
    kind = LINE_TYPES.get(phonenumbers.number_type(number), "Other")
    return f"{phonenumbers.format_number(number, PhoneNumberFormat.E164)}\t{kind}\t{country}\t{text}"


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    dice = random.Random(seed)
    known = examples()
    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    for number in known:
        for form in FORMATS:
            print(line(phonenumbers.format_number(number, form)))
    for _ in range(count):
        print(line(random_text(dice, known, codes)))
    print(f"{len(known)} examples in {len(FORMATS)} formats, {count} random texts from seed {seed}", file=sys.stderr)


main()
