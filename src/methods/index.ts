/** The methods, by name. One line each. */
import type { Method } from "../core/contracts.ts";
import { threePc } from "./3pc.ts";
import { adiana } from "./adiana.ts";
import { adianaPlus } from "./adiana-plus.ts";
import { asyncSgd } from "./async-sgd.ts";
import { dLsvrg } from "./d-lsvrg.ts";
import { dLsvrgDiana } from "./d-lsvrg-diana.ts";
import { dQlsvrg } from "./d-qlsvrg.ts";
import { dQsgd } from "./d-qsgd.ts";
import { dSgd } from "./d-sgd.ts";
import { dSgdDiana } from "./d-sgd-diana.ts";
import { dSgdsr } from "./d-sgdsr.ts";
import { dcgd } from "./dcgd.ts";
import { dcgdPlus } from "./dcgd-plus.ts";
import { dcgdShift } from "./dcgd-shift.ts";
import { dcgdStar } from "./dcgd-star.ts";
import { dgd } from "./dgd.ts";
import { diana } from "./diana.ts";
import { dianaPlus } from "./diana-plus.ts";
import { dianasrDq } from "./dianasr-dq.ts";
import { dqgd } from "./dqgd.ts";
import { ecGd } from "./ec-gd.ts";
import { ecGdDiana } from "./ec-gd-diana.ts";
import { ecGdstar } from "./ec-gdstar.ts";
import { ecLsvrg } from "./ec-lsvrg.ts";
import { ecLsvrgDiana } from "./ec-lsvrg-diana.ts";
import { ecLsvrgstar } from "./ec-lsvrgstar.ts";
import { ecSgd } from "./ec-sgd.ts";
import { ecSgdDiana } from "./ec-sgd-diana.ts";
import { ecSgdsr } from "./ec-sgdsr.ts";
import { ecSgdsrDiana } from "./ec-sgdsr-diana.ts";
import { ef } from "./ef.ts";
import { efBv } from "./ef-bv.ts";
import { ef21 } from "./ef21.ts";
import { ef21Bc } from "./ef21-bc.ts";
import { fpci } from "./fpci.ts";
import { gdci } from "./gdci.ts";
import { gossip } from "./gossip.ts";
import { intdiana } from "./intdiana.ts";
import { intsgd } from "./intsgd.ts";
import { jacsketch } from "./jacsketch.ts";
import { lSvrg } from "./l-svrg.ts";
import { marina } from "./marina.ts";
import { murana } from "./murana.ts";
import { qsgd } from "./qsgd.ts";
import { randDiana } from "./rand-diana.ts";
import { saga } from "./saga.ts";
import { sega } from "./sega.ts";
import { sgdSr } from "./sgd-sr.ts";
import { signsgdMajority } from "./signsgd-majority.ts";
import { ssdm } from "./ssdm.ts";
import { svrg } from "./svrg.ts";
import { terngrad } from "./terngrad.ts";
import { vrDiana } from "./vr-diana.ts";
import { vrFpci } from "./vr-fpci.ts";
import { vrGdci } from "./vr-gdci.ts";
import { vrMarina } from "./vr-marina.ts";

const all: readonly Method[] = [
  dgd,
  dcgd,
  dqgd,
  qsgd,
  terngrad,
  dcgdPlus,
  signsgdMajority,
  ssdm,
  dianasrDq,
  intsgd,
  intdiana,
  dcgdShift,
  dcgdStar,
  diana,
  dianaPlus,
  adiana,
  adianaPlus,
  randDiana,
  murana,
  sega,
  gdci,
  vrGdci,
  fpci,
  vrFpci,
  ef,
  ecGd,
  ecSgd,
  ecSgdsr,
  ecGdstar,
  ecGdDiana,
  ecSgdDiana,
  ecSgdsrDiana,
  ecLsvrg,
  ecLsvrgstar,
  ecLsvrgDiana,
  ef21,
  ef21Bc,
  threePc,
  efBv,
  marina,
  vrMarina,
  sgdSr,
  saga,
  jacsketch,
  svrg,
  lSvrg,
  vrDiana,
  dSgd,
  dSgdsr,
  dLsvrg,
  dQsgd,
  dQlsvrg,
  dSgdDiana,
  dLsvrgDiana,
  asyncSgd,
  gossip,
];

export const methods: Readonly<Record<string, Method>> = Object.fromEntries(all.map((method) => [method.name, method]));
